// Exchanges the link's token, which stands behind the # and reaches no log, for a seat in the call.
const token = location.hash.slice(1)
history.replaceState(null, '', location.pathname + location.search)
const answer = await fetch('/v1/seats', {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token })
})
if (answer.ok) location.replace('/call' + location.search)
else document.getElementById('bad').hidden = false
