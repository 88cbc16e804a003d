// An officer opens the picture of one side for themselves alone.
import { exchange, preferVp8 } from './connection.js'
import { AT_ONCE, cover } from './heads.js'

const { call, side } = document.body.dataset
const at = id => document.getElementById(id)

at('ask').addEventListener('submit', async event => {
  event.preventDefault()
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] })
  preferVp8(pc.addTransceiver('video', { direction: 'recvonly' }))
  pc.addEventListener('track', event => { at('picture').srcObject = new MediaStream([event.track]) })
  try {
    await exchange(pc, `/v1/calls/${call}/look`, { side, reason: at('reason').value })
  } catch (error) {
    at('problem').textContent = error.message
    pc.close()
    return
  }
  at('ask').hidden = true
  at('frame').hidden = false
  if ('cover' in document.body.dataset) cover(`/v1/calls/${call}/faces`, { [side]: [at('frame'), AT_ONCE] })
})
