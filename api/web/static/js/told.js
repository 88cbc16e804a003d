// What the page says beside the pictures: one line, words of staff, hints, the time left; and what is read aloud.
const at = id => document.getElementById(id)
const words = document.body.dataset
const spoken = new Set()
const COACH_MS = 30000
let coaching = null

export function line (text) { at('line').textContent = text }
export function speak (text) { at('said').textContent = text }

// What lasts, beside the picture: an officer switched something off.
export function notes (texts) {
  const list = at('notes')
  if ([...list.children].map(item => item.textContent).join() === texts.join()) return
  list.replaceChildren(...texts.map(text => Object.assign(document.createElement('li'), { textContent: text })))
  list.hidden = !texts.length
}

export function message (said) {
  if (!said || said.id === at('message').dataset.id) return
  at('message').dataset.id = said.id
  at('message-at').textContent = said.at
  at('message-text').textContent = said.text
  at('message').hidden = false
}

export function coach (text) {
  clearTimeout(coaching)
  coaching = text ? setTimeout(() => coach(''), COACH_MS) : null
  at('coach').hidden = !text
  at('coach').textContent = text
  if (text) speak(text)
}

// The call was given time: what is left of it is said once more.
export function added () {
  spoken.clear()
  speak(words.tAdded)
}

export function clock (endsAt, status) {
  at('clock').hidden = !endsAt || status === 'ended'
  if (!endsAt) return
  const seconds = Math.max(0, Math.round((endsAt - Date.now()) / 1000))
  at('left').textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  for (const [limit, text] of [[300, words.tFive], [60, words.tOne]]) {
    if (seconds <= limit && seconds > limit - 5 && !spoken.has(limit)) { spoken.add(limit); speak(text) }
  }
}
