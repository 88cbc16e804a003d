// The page of one side of a call.
import { exchange, preferVp8 } from './connection.js'
import { follow } from './events.js'
import { AT_ONCE, HELD, cover } from './heads.js'

const { call, side, lang } = document.body.dataset
const said = document.body.dataset
const at = id => document.getElementById(id)
const base = `/v1/calls/${call}/seats/${side}`
const FREEZE_NOTE_MS = 700
const LOST_MS = 2000

let stream = null // our own camera and microphone
let pc = null
let over = false
let left = false
let status = 'waiting'
let endsAt = null
let connecting = false
let spoken = new Set()

// Camera and microphone

async function open () {
  const chosen = id => (at(id).value ? { deviceId: { exact: at(id).value } } : {})
  const video = { width: 640, height: 480, frameRate: 30, ...chosen('camera') }
  return navigator.mediaDevices.getUserMedia({ video, audio: { ...chosen('microphone') } })
}

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
  if (over || connecting) return
  connecting = true
  line(pc ? said.tReconnecting : said.tConnecting)
  pc?.close()
  const mine = pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] })
  window.kinlineConnection = mine // for whoever looks into what a browser receives: statistics, tests
  const shown = new MediaStream()
  mine.addEventListener('track', event => { shown.addTrack(event.track); at('other').srcObject = shown })
  for (const track of stream.getTracks()) {
    const transceiver = mine.addTransceiver(track, { direction: 'sendrecv', streams: [stream] })
    if (track.kind === 'video') preferVp8(transceiver)
  }
  mine.addEventListener('connectionstatechange', () => watch(mine))
  try {
    await exchange(mine, `${base}/offer`)
    connecting = false
  } catch (error) {
    connecting = false
    if (error.status === 401 || error.status === 403 || over) return
    setTimeout(connect, LOST_MS)
  }
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

function line (text) { at('line').textContent = text }
function speak (text) { at('said').textContent = text }

function seat (view) {
  const changed = view.status !== status
  status = view.status
  const before = endsAt
  endsAt = view.endsAt ? new Date(view.endsAt) : null
  if (before && endsAt > before) { spoken = new Set(); speak(said.tAdded) }
  at('slate').hidden = status === 'live'
  at('slate-title').textContent = view.title
  at('slate-text').textContent = view.text
  if (changed) speak(`${view.title}. ${view.text}`)
  if (status === 'ended') finish()
  // A worker that died took our connection with it, which may not notice for a while.
  if (status === 'interrupted' && changed) setTimeout(() => { if (status === 'interrupted' && pc?.connectionState !== 'connected') connect() }, LOST_MS)
}

function coach (text) {
  at('coach').hidden = !text
  at('coach').textContent = text
  if (text) speak(text)
}

function tick () {
  at('clock').hidden = !endsAt || status === 'ended'
  if (!endsAt) return
  const seconds = Math.max(0, Math.round((endsAt - Date.now()) / 1000))
  at('left').textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  for (const [limit, words] of [[300, said.tFive], [60, said.tOne]]) {
    if (seconds <= limit && seconds > limit - 5 && !spoken.has(limit)) { spoken.add(limit); speak(words) }
  }
}

// A note lies over a picture that stands still; shorter stops are not worth a word.
let shownAt = 0
function frame () { shownAt = performance.now(); at('other').requestVideoFrameCallback(frame) }
function notice () {
  at('frozen').hidden = !(status === 'live' && shownAt && performance.now() - shownAt > FREEZE_NOTE_MS)
}

function finish () {
  over = true
  pc?.close()
  stream?.getTracks().forEach(track => track.stop())
  at('self').srcObject = null
  at('other').srcObject = null
  at('coach').hidden = true
  line(said.tOver)
  for (const id of ['leave', 'help']) at(id).disabled = true
}

// What can be done

async function post (path) {
  return fetch(`${base}/${path}`, { method: 'POST', headers: { 'idempotency-key': crypto.randomUUID() } })
}

at('help').addEventListener('click', async () => {
  const answer = await post('help')
  at('help-done').hidden = !answer.ok
})

at('leave').addEventListener('click', async () => {
  if (left || !confirm(said.tLeaveSure)) return
  left = true
  await post('leave')
  finish()
})

at('join').addEventListener('click', async () => {
  try { stream = await open() } catch { speak(said.tNoCamera); line(said.tNoCamera); return }
  await choices()
  at('ready').hidden = true
  at('stage').hidden = false
  at('self').srcObject = stream
  at('other').requestVideoFrameCallback?.(frame)
  if ('cover' in document.body.dataset) cover(`/v1/calls/${call}/seats/faces`, { [side]: [at('self-picture'), AT_ONCE], [side === 'visitor' ? 'prisoner' : 'visitor']: [at('other-picture'), HELD] })
  await connect()
})

follow(`${base}/events?lang=${lang}`, {
  seat: data => seat(JSON.parse(data)),
  coach: data => coach(JSON.parse(data).text),
  stale: is => { at('stale').hidden = !is || over },
  over: () => { line(said.tSignedOut); speak(said.tSignedOut) }
})
setInterval(tick, 1000)
setInterval(notice, 100)
if (navigator.mediaDevices) choices()
at('join').disabled = false // a click before this would be lost
at('join').removeAttribute('aria-disabled')
