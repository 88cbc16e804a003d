// Checks camera, microphone, light, line, loudspeaker and browser before a call. The numbers go to the server, which
// says how good they are; no picture and no sound leaves this page.
import { AT_ONCE, coarsen } from './heads.js'
import { open, light, uplink, roundTrip, canSend } from './measure.js'

const { call, side, lang } = document.body.dataset
const said = document.body.dataset
const at = id => document.getElementById(id)
const base = `/v1/calls/${call}/seats/${side}`
const SPEAK_MS = 4000
const LEVEL_MS = 50
const TAGS = { good: 'govuk-tag--green', fair: 'govuk-tag--yellow', bad: 'govuk-tag--red', unknown: 'govuk-tag--grey' }

const measured = {}
let stream = null
let loudest = 0

// The loudest moment since the check began, in % of full scale.
function listen (sound) {
  const context = new AudioContext()
  const reader = context.createAnalyser()
  context.createMediaStreamSource(sound).connect(reader)
  const wave = new Float32Array(reader.fftSize)
  return setInterval(() => {
    reader.getFloatTimeDomainData(wave)
    const now = Math.min(100, Math.round(100 * wave.reduce((most, one) => Math.max(most, Math.abs(one)), 0)))
    loudest = Math.max(loudest, now)
    at('level').value = now
  }, LEVEL_MS)
}

function show (check) {
  at('found').hidden = at('sound').hidden = false
  at('score').textContent = check.text
  for (const { item, grade, grade_text: word, text } of check.items) {
    at(`grade-${item}`).textContent = word
    at(`grade-${item}`).className = `govuk-tag ${TAGS[grade]}`
    at(`says-${item}`).textContent = text
  }
}

async function tell () {
  const answer = await fetch(`${base}/device-check?lang=${lang}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(measured)
  }).catch(() => null)
  const check = await answer?.json().catch(() => null)
  at('busy').textContent = answer?.ok ? '' : check?.userMessage ?? said.tFailed
  if (answer?.ok) show(check)
  return answer?.ok
}

async function begin () {
  at('begin').disabled = true
  at('busy').textContent = said.tBusy
  at('speak').hidden = false
  loudest = 0
  const line = Promise.all([uplink(`${base}/line-check`), roundTrip()])
  const devices = await open()
  stream?.getTracks().forEach(track => track.stop())
  stream = devices.stream
  const meter = devices.sound && listen(stream)
  if (devices.picture) {
    at('self-picture').hidden = false
    at('self').srcObject = stream
    if ('cover' in said && !at('self-picture').querySelector('canvas')) coarsen(at('self-picture'), AT_ONCE)
  }
  await new Promise(resolve => setTimeout(resolve, SPEAK_MS))
  clearInterval(meter)
  measured.camera_lines = devices.picture ? stream.getVideoTracks()[0].getSettings().height ?? at('self').videoHeight : 0
  measured.light = devices.picture ? light(at('self')) : null
  measured.microphone_level = devices.sound ? loudest : 0
  measured.codecs = canSend();
  [measured.up_kbps, measured.round_trip_ms] = await line
  await tell()
  at('speak').hidden = true
  at('begin').textContent = said.tAgain
  at('begin').disabled = false
  at('score').focus()
}

// One second of a quiet note.
function play () {
  const context = new AudioContext()
  const [note, volume] = [context.createOscillator(), context.createGain()]
  volume.gain.value = 0.2
  note.connect(volume).connect(context.destination)
  note.start()
  note.stop(context.currentTime + 1)
}

at('begin').addEventListener('click', begin)
at('play').addEventListener('click', play)
for (const answer of document.querySelectorAll('input[name=heard]')) {
  answer.addEventListener('change', () => { measured.heard = answer.value === 'yes'; tell() })
}
at('begin').disabled = false // a click before this would be lost
at('begin').removeAttribute('aria-disabled')
