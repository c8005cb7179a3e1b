"""The floor of the dashboard: a bare page that parses the same frames and writes one text for each register seen.

It knows no order, no filter, no language and no layout: what a browser must do at the least to be told by JSON and to
show that it was.
"""

SCRIPT = """([address, token, seen]) => {
  const cells = Array.from({ length: seen }, () => document.body.appendChild(document.createElement('p')));
  const places = new Map();
  const waiting = new Map();
  let asked = false;
  const draw = () => {
    asked = false;
    for (const [place, state] of waiting) cells[place].textContent = `${state.condition} ${state.receipt_id}`;
    waiting.clear();
  };
  window.live = { bytes: 0 };
  const socket = new WebSocket(address);
  socket.onopen = () => {
    socket.send(JSON.stringify({ op: 'auth', token }));
    socket.send(JSON.stringify({ op: 'subscribe', topics: ['kkt'] }));
  };
  socket.onmessage = event => {
    window.live.bytes += event.data.length;
    for (const { key, state } of JSON.parse(event.data).changes ?? []) {
      if (!places.has(key)) places.set(key, places.size);
      if (places.get(key) < seen) waiting.set(places.get(key), state);
    }
    if (!asked) { asked = true; requestAnimationFrame(draw); }
  };
}"""
"""Run with the stream's address, a token, and how many registers are seen at once."""
