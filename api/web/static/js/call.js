// The page of one side of a call.
import { exchange, preferVp8 } from './connection.js'
import { follow } from './events.js'
import { AT_ONCE, HELD, cover } from './heads.js'
import { heed } from './hints.js'
import { added, clock, coach, line, message, notes, speak } from './told.js'
import { wait } from './waiting.js'

const { call, side, lang } = document.body.dataset
const said = document.body.dataset
const at = id => document.getElementById(id)
const base = `/v1/calls/${call}/seats/${side}`
const FREEZE_NOTE_MS = 700
const LOST_MS = 2000
const SILENT_MS = 4000 // the server sends something at least twice a second, once a call has started
const JOINED = `kinline-joined:${call}/${side}` // in this tab: a page that is loaded again goes straight on

let stream = null // our own camera and microphone
let pc = null
let over = false
let left = false
let status = 'waiting'
let endsAt = null
let connecting = false
let locked = false // nobody enters: a lost connection is taken up again when that is over
let light = false
let soundOnly = false
let back = null // waits whether the server hears us again
let heard = { packets: -1, at: 0 }

// Camera and microphone

async function open () {
  const chosen = id => (at(id).value ? { deviceId: { exact: at(id).value } } : {})
  // Fewer pictures a second save data, not smaller ones: faces have to be recognised in them.
  const video = { width: 640, height: 480, frameRate: frames(), ...chosen('camera') }
  return navigator.mediaDevices.getUserMedia({ video, audio: { ...chosen('microphone') } })
}

function frames () { return light ? Number(said.framesLight) : 30 }

async function choices () {
  const devices = await navigator.mediaDevices.enumerateDevices()
  for (const [id, kind] of [['camera', 'videoinput'], ['microphone', 'audioinput']]) {
    const held = at(id).value
    at(id).replaceChildren(...devices.filter(d => d.kind === kind).map((d, i) => new Option(d.label || `${i + 1}`, d.deviceId)))
    if (held) at(id).value = held
  }
}

// Connection

async function connect () {
  if (over || connecting || locked) return
  connecting = true
  const old = pc // stays until the server has put the new one in its place: the call is not interrupted between
  line(old ? said.tReconnecting : said.tConnecting)
  const { servers } = await (await fetch(`${base}/servers`).catch(() => null))?.json().catch(() => null) ?? {}
  if (over) return
  const mine = pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: servers ?? [] })
  window.kinlineConnection = mine // for whoever looks into what a browser receives: statistics, tests
  const shown = new MediaStream()
  mine.addEventListener('track', event => { shown.addTrack(event.track); at('other').srcObject = shown })
  for (const track of stream.getTracks()) {
    const transceiver = mine.addTransceiver(track, { direction: 'sendrecv', streams: [stream] })
    if (track.kind === 'video') preferVp8(transceiver)
  }
  mine.addEventListener('connectionstatechange', () => watch(mine))
  try {
    await exchange(mine, `${base}/offer`, { light })
    old?.close()
    connecting = false
    heard = { packets: -1, at: performance.now() }
    await shape()
  } catch (error) {
    old?.close()
    connecting = false
    if (error.code === 'declaration_missing') { location.assign(`/call/rules?lang=${lang}`); return }
    if (error.status === 401 || error.status === 403 || over) return
    setTimeout(connect, LOST_MS)
  }
}

// How much is sent: as much as the prison's policy gives, none while only sound goes.
async function shape () {
  const sender = pc?.getSenders().find(one => one.track?.kind === 'video')
  if (!sender) return
  const parameters = sender.getParameters()
  if (!parameters.encodings?.length) return
  Object.assign(parameters.encodings[0], { active: !soundOnly, maxBitrate: 1000 * (light ? said.kbpsLight : said.kbps), maxFramerate: frames() })
  await sender.setParameters(parameters).catch(() => {}) // a browser that cannot is told by the server how much it may send
}

// A connection that brings nothing is lost, whatever it says of itself: a network may change under it.
async function listen () {
  const waits = !pc || over || connecting || status === 'waiting' || pc.connectionState !== 'connected'
  if (waits) { heard.at = performance.now(); return }
  let packets = 0;
  (await pc.getStats()).forEach(one => { if (one.type === 'inbound-rtp') packets += one.packetsReceived })
  if (packets !== heard.packets) heard = { packets, at: performance.now() }
  else if (performance.now() - heard.at > SILENT_MS) { heard.at = performance.now(); connect() }
}

function watch (mine) {
  if (mine !== pc || over) return
  if (mine.connectionState === 'connected') line(said.tConnected)
  if (mine.connectionState === 'failed') connect()
  if (mine.connectionState === 'disconnected') {
    line(said.tReconnecting)
    setTimeout(() => { if (mine === pc && mine.connectionState === 'disconnected') connect() }, LOST_MS)
  }
}

// What is shown

function seat (view) {
  const text = at('slate-text').textContent
  const changed = view.status !== status || (view.text !== text && view.text)
  status = view.status
  const before = endsAt
  endsAt = view.endsAt ? new Date(view.endsAt) : null
  if (before && endsAt > before) added()
  at('slate').hidden = status === 'live' && !view.text
  at('slate-title').textContent = view.title
  at('slate-text').textContent = view.text
  if (status !== 'live') coach('') // the slate says what holds now
  if (changed) speak(`${view.title}. ${view.text}`)
  notes(view.notes)
  message(view.message)
  bar(view.locked)
  wait(view)
  if (status === 'ended') finish()
  // The server lost us, or the part of it that held our connection died: neither may show here for a while.
  if (!view.here && pc && !over) back ??= setTimeout(() => { back = null; connect() }, LOST_MS)
  else { clearTimeout(back); back = null }
  weak(view)
}

function weak (view) {
  const words = [view.line, view.otherLine].filter(Boolean).join(' ')
  at('weak').hidden = !words
  if (at('weak').textContent !== words) at('weak').textContent = words
  if (view.soundOnly === soundOnly) return
  soundOnly = view.soundOnly
  at('sound-only').textContent = soundOnly ? said.tPicture : said.tSound
  shape()
}

// While a call is locked nobody enters; who waits outside enters when that is over.
function bar (isLocked) {
  const opened = locked && !isLocked
  locked = isLocked
  if (opened && stream && pc?.connectionState !== 'connected') connect()
}

// A note lies over a picture that stands still; shorter stops are not worth a word.
let shownAt = 0
function frame () { shownAt = performance.now(); at('other').requestVideoFrameCallback(frame) }
function notice () {
  at('frozen').hidden = !(status === 'live' && shownAt && performance.now() - shownAt > FREEZE_NOTE_MS)
}

function finish () {
  over = true
  sessionStorage.removeItem(JOINED)
  pc?.close()
  stream?.getTracks().forEach(track => track.stop())
  at('self').srcObject = null
  at('other').srcObject = null
  at('coach').hidden = true
  line(said.tOver)
  for (const id of ['leave', 'help', 'sound-only', 'light-now']) at(id).disabled = true
}

// What can be done

function hint (kind) {
  if (status !== 'live') return false
  post('hints', { kind }).catch(() => {})
  return true
}

async function post (path, body = null) {
  const headers = { 'idempotency-key': crypto.randomUUID(), ...(body ? { 'content-type': 'application/json' } : {}) }
  return fetch(`${base}/${path}`, { method: 'POST', headers, body: body && JSON.stringify(body) })
}

at('sound-only').addEventListener('click', async () => {
  const answer = await post('sound-only', { on: !soundOnly })
  if (!answer.ok) { const { userMessage } = await answer.json(); line(userMessage); speak(userMessage) }
})

at('light-now').addEventListener('click', async () => {
  light = !light
  at('light-now').setAttribute('aria-pressed', String(light))
  sessionStorage.setItem(JOINED, JSON.stringify({ light }))
  await post('light', { on: light })
  await stream?.getVideoTracks()[0]?.applyConstraints({ width: 640, height: 480, frameRate: frames() }).catch(() => {})
  await shape()
})

at('help').addEventListener('click', async () => {
  at('help-done').textContent = ''
  const answer = await post('help').catch(() => null)
  at('help-done').textContent = answer?.ok ? said.tHelpDone : said.tHelpFailed
})

at('message-read').addEventListener('click', () => { at('message').hidden = true })

at('leave').addEventListener('click', async () => {
  if (left || !confirm(said.tLeaveSure)) return
  left = true
  await post('leave')
  finish()
})

async function enter () {
  at('light-now').setAttribute('aria-pressed', String(light))
  try { stream = await open() } catch { speak(said.tNoCamera); line(said.tNoCamera); return }
  await choices()
  heed(hint)
  at('ready').hidden = true
  at('stage').hidden = false
  at('self').srcObject = stream
  at('other').requestVideoFrameCallback?.(frame)
  if ('cover' in document.body.dataset) cover(`/v1/calls/${call}/seats/faces`, { [side]: [at('self-picture'), AT_ONCE], [side === 'visitor' ? 'prisoner' : 'visitor']: [at('other-picture'), HELD] })
  sessionStorage.setItem(JOINED, JSON.stringify({ light }))
  await connect()
}

at('join').addEventListener('click', () => { light = at('light').checked; enter() })

follow(`${base}/events?lang=${lang}`, {
  seat: data => seat(JSON.parse(data)),
  coach: data => coach(JSON.parse(data).text),
  stale: is => { at('stale').hidden = !is || over },
  over: () => { line(said.tSignedOut); speak(said.tSignedOut) }
})
setInterval(() => clock(endsAt, status), 1000)
setInterval(notice, 100)
setInterval(listen, 1000)
addEventListener('online', () => { if (pc) connect() }) // another network: the old connection does not come along
if (navigator.mediaDevices) choices()
at('join').disabled = false // a click before this would be lost
at('join').removeAttribute('aria-disabled')
const before = sessionStorage.getItem(JOINED)
if (before) { light = JSON.parse(before).light; enter() }
