// What a page can tell of its own device: camera, light, line and browser.
const LINES = 480
const FILLER = 256 * 1024 // bytes sent to see how much the line carries
const TIMES = 4
const FACE = { left: 0.3, top: 0.15, width: 0.4, height: 0.6 } // where the oval on the page lies
const RED = 0.2126
const GREEN = 0.7152
const BLUE = 0.0722

// Camera and microphone, each for itself: one that is missing does not hide the other.
export async function open ({ sound = true } = {}) {
  const video = { width: LINES * 4 / 3, height: LINES }
  const ask = wish => navigator.mediaDevices?.getUserMedia(wish).catch(() => null)
  const both = await ask({ video, audio: sound })
  const apart = async () => [await ask({ video }), sound && await ask({ audio: true })].filter(Boolean)
  const parts = both ? [both] : await apart()
  const stream = new MediaStream(parts.flatMap(part => part.getTracks()))
  return { stream, picture: stream.getVideoTracks().length > 0, sound: stream.getAudioTracks().length > 0 }
}

// Mean luma where the face is, 0 to 255.
export function light (video) {
  const canvas = document.createElement('canvas')
  canvas.width = 80
  canvas.height = 60
  const drawing = canvas.getContext('2d', { willReadFrequently: true })
  drawing.drawImage(video, 0, 0, canvas.width, canvas.height)
  const part = [FACE.left * canvas.width, FACE.top * canvas.height, FACE.width * canvas.width, FACE.height * canvas.height]
  const { data } = drawing.getImageData(...part.map(Math.round))
  let sum = 0
  for (let i = 0; i < data.length; i += 4) sum += RED * data[i] + GREEN * data[i + 1] + BLUE * data[i + 2]
  return Math.round(sum / (data.length / 4))
}

// How much the line carries from here, in kbit/s; null where it could not be told.
export async function uplink (path) {
  const body = JSON.stringify({ filler: 'k'.repeat(FILLER) })
  const began = performance.now()
  const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => null)
  return answer?.ok ? Math.round(8 * FILLER / Math.max(1, performance.now() - began)) : null
}

// The quickest of a few ways there and back, in milliseconds.
export async function roundTrip () {
  const times = []
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now()
    const answer = await fetch('/static/kinline.svg', { cache: 'no-store' }).catch(() => null)
    if (answer?.ok) times.push(performance.now() - began)
  }
  return times.length ? Math.round(Math.min(...times)) : null
}

export function canSend () {
  const codecs = window.RTCPeerConnection && window.RTCRtpSender?.getCapabilities?.('video')?.codecs
  return Boolean(codecs?.some(codec => ['video/VP8', 'video/H264'].includes(codec.mimeType)))
}
