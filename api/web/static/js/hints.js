// What this device can tell of itself. Staff see that it is no proof; nothing stops for it.
const AGAIN_MS = 60000 // the server listens no more often

async function cameras () {
  return (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind === 'videoinput').length
}

// `tell` is called with what was noticed; it answers whether that was of interest now.
export async function heed (tell) {
  const told = new Map()
  const hint = kind => {
    if (performance.now() - (told.get(kind) ?? -Infinity) >= AGAIN_MS && tell(kind)) told.set(kind, performance.now())
  }
  addEventListener('keyup', event => { if (event.key === 'PrintScreen') hint('screen_capture') })
  const share = navigator.mediaDevices.getDisplayMedia?.bind(navigator.mediaDevices)
  if (share) navigator.mediaDevices.getDisplayMedia = (...wanted) => { hint('screen_capture'); return share(...wanted) }
  let known = await cameras()
  navigator.mediaDevices.addEventListener('devicechange', async () => {
    const now = await cameras()
    if (now > known) hint('second_camera')
    known = now
  })
}
