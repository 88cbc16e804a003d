// One WebRTC connection: a whole offer out, an answer in. A lost one is never repaired, a new one is made.

export async function gathered (pc, patienceMs = 3000) {
  if (pc.iceGatheringState === 'complete') return
  await new Promise(resolve => {
    const timer = setTimeout(resolve, patienceMs)
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState === 'complete') { clearTimeout(timer); resolve() }
    })
  })
}

export function preferVp8 (transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities('video').codecs
  const vp8 = codecs.filter(codec => ['video/VP8', 'video/rtx'].includes(codec.mimeType))
  if (transceiver.setCodecPreferences && vp8.length) transceiver.setCodecPreferences(vp8)
}

export async function exchange (pc, path, more = {}) {
  await pc.setLocalDescription(await pc.createOffer())
  await gathered(pc)
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ sdp: pc.localDescription.sdp, ...more })
  })
  const said = await answer.json()
  if (!answer.ok) { const error = new Error(said.userMessage); error.status = answer.status; error.code = said.errorCode; throw error }
  await pc.setRemoteDescription({ type: 'answer', sdp: said.sdp })
}
