// An officer opens the picture of one side for themselves alone; or, while checking is lost, judges it by eye.
import { exchange, preferVp8 } from './connection.js'
import { AT_ONCE, cover } from './heads.js'

const { call, side } = document.body.dataset
const at = id => document.getElementById(id)
const TRIES = 10 // the service knows that we see the side about a second after we do
const AGAIN_MS = 500

async function takeOver (reason) {
  for (let left = TRIES; ; left--) {
    const answer = await fetch(`/v1/calls/${call}/seats/${side}/take-over`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ reason })
    })
    if (answer.ok) return
    const said = await answer.json()
    if (said.errorCode !== 'look_not_open' || left <= 1) throw new Error(said.userMessage)
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
  }
}

at('ask').addEventListener('submit', async event => {
  event.preventDefault()
  const reason = at('reason').value
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] })
  preferVp8(pc.addTransceiver('video', { direction: 'recvonly' }))
  pc.addEventListener('track', event => { at('picture').srcObject = new MediaStream([event.track]) })
  at('problem').textContent = ''
  try {
    await exchange(pc, `/v1/calls/${call}/look`, { side, reason })
    at('frame').hidden = false
    if ('takesOver' in document.body.dataset) {
      await takeOver(reason)
      at('taken').textContent = 'You watch this side now, and the other side sees it. Stay on this page.'
    }
  } catch (error) {
    at('problem').textContent = error.message
    at('frame').hidden = true
    pc.close()
    return
  }
  at('ask').hidden = true
  if ('cover' in document.body.dataset) cover(`/v1/calls/${call}/faces`, { [side]: [at('frame'), AT_ONCE] })
})
