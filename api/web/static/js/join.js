// Exchanges the link's token, which stands behind the # and reaches no log, for a seat in the call.
const token = location.hash.slice(1)
history.replaceState(null, '', location.pathname + location.search)
const exchange = () => fetch('/v1/seats', {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token })
})
let answer = await exchange()
while (answer.status === 429 || answer.status === 503) {
  await new Promise(resolve => setTimeout(resolve, 1000 * (answer.headers.get('retry-after') || 1)))
  answer = await exchange()
}
if (answer.ok) location.replace('/call' + location.search)
else document.getElementById('bad').hidden = false
