// A dress rehearsal: a few pictures go to the checking program, which says whether this side will be recognised.
import { AT_ONCE, coarsen } from './heads.js'
import { open } from './measure.js'

const { call, lang } = document.body.dataset
const said = document.body.dataset
const at = id => document.getElementById(id)
const PICTURES = 4
const INTERVAL_MS = 500 // as the server reads them
const SETTLE_MS = 1500 // a camera that was just switched on finds its brightness
const QUALITY = 0.9

const pause = time => new Promise(resolve => setTimeout(resolve, time))
let stream = null

function taken (video) {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d').drawImage(video, 0, 0)
  return new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
}

async function pictures () {
  const form = new FormData()
  for (let i = 0; i < PICTURES; i++) {
    if (i) await pause(INTERVAL_MS)
    form.append('pictures', await taken(at('self')), 'picture.jpg')
  }
  return form
}

function show (told) {
  at('found').hidden = false
  at('result').textContent = told.text
  at('hints').replaceChildren(...told.hints.map(hint => Object.assign(document.createElement('li'), { textContent: hint })))
  at('hints').hidden = !told.hints.length
  at('photograph').hidden = !told.new_photograph
  at('staff').hidden = ['matched', 'counted'].includes(told.result)
  at('result').focus()
}

async function hold () {
  at('busy').textContent = said.tBusy
  stream ??= (await open({ sound: false })).stream
  if (!stream.getVideoTracks().length) { stream = null; at('busy').textContent = said.tNoCamera; return }
  at('self-picture').hidden = false
  at('self').srcObject = stream
  if ('cover' in said && !at('self-picture').querySelector('canvas')) coarsen(at('self-picture'), AT_ONCE)
  await pause(SETTLE_MS)
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const answer = await fetch(`/v1/calls/${call}/rehearsal?lang=${lang}`, { method: 'POST', headers, body: await pictures() }).catch(() => null)
  const told = await answer?.json().catch(() => null)
  at('busy').textContent = answer?.ok ? '' : told?.userMessage ?? said.tFailed
  if (answer?.ok) show(told)
}

at('begin').addEventListener('click', async () => {
  at('begin').disabled = true
  try { await hold() } finally {
    at('begin').textContent = said.tAgain
    at('begin').disabled = false
  }
})
at('begin').disabled = false // a click before this would be lost
at('begin').removeAttribute('aria-disabled')
