// A stream of server-sent events by fetch: unlike EventSource it comes back after a refused connection,
// and notices a connection that went silent. The server beats every 3 seconds.

const SILENT_MS = 9000
const AGAIN_MS = [500, 1000, 2000, 4000]

/**
 * Follow `path` for ever. `on` has a function for each event's name; `on.stale(true|false)` says whether
 * what is shown may be out of date, `on.over()` that the sign-in is over. Returns a function that stops it.
 */
export function follow (path, on) {
  let stopped = false
  let last = null
  let failed = 0
  let aborter = null

  async function once () {
    aborter = new AbortController()
    let watchdog = setTimeout(() => aborter.abort(), SILENT_MS)
    const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(() => aborter.abort(), SILENT_MS) }
    try {
      const headers = { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': last }) }
      const answer = await fetch(path, { headers, signal: aborter.signal, cache: 'no-store' })
      if (answer.status === 401 || answer.status === 403) { stopped = true; on.over(); return }
      if (!answer.ok) throw new Error('refused')
      let text = ''
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return
        alive()
        failed = 0
        on.stale(false)
        text += value.replace(/\r\n?/g, '\n')
        const parts = text.split('\n\n')
        text = parts.pop()
        for (const part of parts) tell(part)
      }
    } finally {
      clearTimeout(watchdog)
    }
  }

  function tell (part) {
    let name = 'message'
    const data = []
    for (const line of part.split('\n')) {
      if (line.startsWith('event:')) name = line.slice(6).trim()
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
      else if (line.startsWith('id:')) last = line.slice(3).trim()
    }
    if (name === 'over') { stopped = true; on.over(); aborter.abort(); return }
    if (data.length && on[name]) on[name](data.join('\n'))
  }

  async function run () {
    while (!stopped) {
      try { await once() } catch (error) { if (stopped) return }
      if (stopped) return
      on.stale(true)
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS[Math.min(failed++, AGAIN_MS.length - 1)]))
    }
  }

  run()
  return () => { stopped = true; aborter?.abort() }
}
