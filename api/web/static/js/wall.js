// Pages that are live: what the server renders is put in place, with focus, what was typed, and pictures kept.
import { follow } from '/static/js/events.js'

const at = id => document.getElementById(id)
const STILL_MS = 1000
// The only way in which text becomes elements: parts of pages that our own server rendered and escaped.
document.addEventListener('error', event => { if (event.target.matches?.('img[data-still]')) event.target.hidden = true }, true)
for (const image of document.querySelectorAll('img[data-still]')) if (image.complete && !image.naturalWidth) image.hidden = true
const policy = globalThis.trustedTypes?.createPolicy('kinline', { createHTML: html => html })
const trusted = html => (policy ? policy.createHTML(html) : html)

function replace (html) {
  const live = at('live')
  const made = document.createElement('div')
  made.innerHTML = trusted(html)
  keepPictures(live, made)
  keepTyped(live, made)
  keepOpen(live, made)
  const focused = document.activeElement
  const name = live.contains(focused) ? focused.id || focused.dataset.act : null
  announce(live, made)
  live.replaceChildren(...made.childNodes)
  tick()
  if (name) (at(name) ?? live.querySelector(`[data-act="${CSS.escape(name)}"]`))?.focus({ preventScroll: true })
}

function keepPictures (live, made) {
  for (const image of made.querySelectorAll('img[data-still]')) {
    const held = live.querySelector(`#${CSS.escape(image.id)}`)
    if (held) image.replaceWith(held)
  }
}

function keepTyped (live, made) {
  for (const held of live.querySelectorAll('textarea[id], input[id]:not([type=hidden])')) {
    const field = made.querySelector(`#${CSS.escape(held.id)}`)
    if (!field) continue
    if (held.type === 'radio' || held.type === 'checkbox') field.checked = held.checked
    else field.value = held.value
  }
}

function keepOpen (live, made) {
  for (const held of live.querySelectorAll('details[id][open]')) {
    const same = made.querySelector(`#${CSS.escape(held.id)}`)
    if (same) same.open = true
  }
}

function announce (live, made) {
  const states = root => new Map([...root.querySelectorAll('.kin-tile')].map(tile => [tile.id, tile]))
  const stopped = made.querySelector('.kin-standstill')
  if (stopped && !live.querySelector('.kin-standstill')) at('said').textContent = stopped.textContent.replace(/\s+/g, ' ').trim()
  const before = states(live)
  for (const [id, tile] of states(made)) {
    const old = before.get(id)
    const words = tile.querySelector('h2').textContent.replace(/\s+/g, ' ').trim()
    if (old && old.querySelector('h2').textContent.replace(/\s+/g, ' ').trim() !== words) {
      at('said').textContent = [words, tile.querySelector('.kin-why')?.textContent].filter(Boolean).join('. ')
    }
  }
}

follow(document.body.dataset.events, {
  page: html => replace(html),
  stale: is => { at('stale').hidden = !is; at('stale').textContent = is ? document.body.dataset.lost : '' },
  over: () => { at('stale').hidden = false; at('stale').textContent = document.body.dataset.signedOut }
})

setInterval(() => {
  if (document.hidden) return
  for (const image of document.querySelectorAll('img[data-still]')) refresh(image)
}, STILL_MS)

// How long somebody is kept waiting, or a call stands still, grows without any event: the server says since when, and
// from when it is amber and red.
function tick () {
  const [amber, red] = (document.body.dataset.waits ?? '').split(' ').map(Number)
  for (const tag of document.querySelectorAll('[data-waits-since]')) {
    const minutes = Math.floor((Date.now() - Date.parse(tag.dataset.waitsSince)) / 60000)
    tag.hidden = minutes < 0
    const said = `${tag.dataset.words} ${minutes} min`
    if (tag.textContent === said) continue
    tag.textContent = said
    tag.className = `govuk-tag ${minutes >= red ? 'govuk-tag--red' : minutes >= amber ? 'govuk-tag--yellow' : 'govuk-tag--grey'}`
  }
}
setInterval(tick, 5000)

async function refresh (image) {
  const answer = await fetch(image.dataset.still, { cache: 'no-store' }).catch(() => null)
  if (!answer?.ok || answer.status === 204) return
  const old = image.dataset.blob
  const fresh = URL.createObjectURL(await answer.blob())
  image.dataset.blob = fresh
  image.src = fresh
  image.hidden = false
  if (old) URL.revokeObjectURL(old)
}
