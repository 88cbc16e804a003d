// What a side sees while it waits: who is here, whether it was let in, and how long until the call.
const at = id => document.getElementById(id)
const SECOND_MS = 1000
const MINUTE_S = 60
const HOUR_S = 3600
let startsAt = null

export function wait (view) {
  startsAt = view.status === 'waiting' && view.startsAt ? new Date(view.startsAt) : null
  at('waiting').hidden = !view.presence.length
  const words = view.presence.join(' ')
  if (at('presence').textContent !== words) at('presence').textContent = words // a screen reader says it once
  tick()
}

const two = number => String(number).padStart(2, '0')

function tick () {
  const seconds = startsAt ? Math.ceil((startsAt - Date.now()) / SECOND_MS) : 0
  at('until-line').hidden = seconds <= 0
  if (seconds <= 0) return
  const [hours, minutes] = [Math.floor(seconds / HOUR_S), Math.floor(seconds % HOUR_S / MINUTE_S)]
  at('until').textContent = hours ? `${hours}:${two(minutes)}:${two(seconds % MINUTE_S)}` : `${minutes}:${two(seconds % MINUTE_S)}`
}

setInterval(tick, SECOND_MS)
