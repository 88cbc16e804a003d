// In a demonstration every face is covered: in place of the picture (the style sheet makes it invisible) stands
// a copy of 40 by 30 points, and a drawn head where the checking program last saw a face.
// A blur filter would do the same, but without a graphics card it costs more than decoding the picture.

const EVERY_MS = 300
const GROWN = 1.6
const WIDTH = 40
const HEIGHT = 30

// Faces are known some time after their picture was taken. A picture that comes at once waits as long, or the head
// of somebody who walks would lag behind their face; one that was held by the service has waited already.
export const AT_ONCE = 450
export const HELD = 100

// `frames`: by side, the element of a picture and how many milliseconds it waits.
export function cover (path, frames) {
  Object.values(frames).forEach(([frame, late]) => coarsen(frame, late))
  async function draw () {
    const answer = await fetch(path, { cache: 'no-store' }).catch(() => null)
    if (!answer?.ok) return
    const seen = await answer.json()
    for (const [side, [frame]] of Object.entries(frames)) put(frame, seen[side])
  }
  draw()
  return setInterval(draw, EVERY_MS)
}

export function coarsen (frame, late) {
  const video = frame.querySelector('video')
  const [reading, showing] = [canvas(), canvas()]
  showing.className = 'kin-coarse'
  video.after(showing)
  const read = reading.getContext('2d', { willReadFrequently: true })
  const show = showing.getContext('2d')
  const waiting = []
  function copy (now) {
    read.drawImage(video, 0, 0, WIDTH, HEIGHT)
    waiting.push([now, read.getImageData(0, 0, WIDTH, HEIGHT)])
    while (waiting.length > 1 && waiting[1][0] <= now - late) waiting.shift()
    if (waiting[0][0] <= now - late) show.putImageData(waiting[0][1], 0, 0)
    video.requestVideoFrameCallback(copy)
  }
  video.requestVideoFrameCallback(copy)
}

function canvas () {
  const made = document.createElement('canvas')
  made.width = WIDTH
  made.height = HEIGHT
  return made
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
