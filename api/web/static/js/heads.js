// In a demonstration every face is covered: in place of the picture (the style sheet makes it invisible) stands
// a copy of 40 by 30 points, and a drawn head where the checking program last saw a face.
// A blur filter would do the same, but without a graphics card it costs more than decoding the picture.

const EVERY_MS = 500
const GROWN = 1.6
const WIDTH = 40
const HEIGHT = 30

export function cover (path, frames) {
  Object.values(frames).forEach(coarsen)
  async function draw () {
    const answer = await fetch(path, { cache: 'no-store' }).catch(() => null)
    if (!answer?.ok) return
    const seen = await answer.json()
    for (const [side, frame] of Object.entries(frames)) put(frame, seen[side])
  }
  draw()
  return setInterval(draw, EVERY_MS)
}

function coarsen (frame) {
  const video = frame.querySelector('video')
  const canvas = document.createElement('canvas')
  canvas.className = 'kin-coarse'
  canvas.width = WIDTH
  canvas.height = HEIGHT
  video.after(canvas)
  const drawing = canvas.getContext('2d')
  function copy () {
    drawing.drawImage(video, 0, 0, WIDTH, HEIGHT)
    video.requestVideoFrameCallback(copy)
  }
  video.requestVideoFrameCallback(copy)
}

function put (frame, seen) {
  frame.querySelectorAll('.kin-head').forEach(head => head.remove())
  if (!seen || frame.querySelector('video').readyState < 2) return
  for (const [x, y, width, height] of seen.faces) {
    const head = document.createElement('img')
    head.className = 'kin-head'
    head.src = '/static/head.svg'
    head.alt = ''
    head.style.left = `${100 * (x - width * (GROWN - 1) / 2) / seen.width}%`
    head.style.top = `${100 * (y - height * (GROWN - 1) / 2) / seen.height}%`
    head.style.width = `${100 * width * GROWN / seen.width}%`
    head.style.height = `${100 * height * GROWN / seen.height}%`
    frame.append(head)
  }
}
