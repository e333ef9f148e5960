// The cases through ws: `peer.mjs client URL` or `peer.mjs server`.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

// An import looks for packages beside this file only, and ws is elsewhere.
const WebSocket = createRequire(`${process.env.INTEROP_NODE}/`)('ws');

const LIMIT = 10_000;
const EXTENSIONS = 'Sec-WebSocket-Extensions: ';
const cases = JSON.parse(readFileSync(0, 'utf8'));

async function client(url) {
  for (const one of cases) {
    await report(one, async () => {
      const query = one.spec ? `/?${one.spec}` : '';
      const ws = new WebSocket(url + query, { perMessageDeflate: compression(one) });
      const upgraded = once(ws, 'upgrade', { signal: AbortSignal.timeout(LIMIT) });
      await once(ws, 'open', { signal: AbortSignal.timeout(LIMIT) });
      const [{ headers, socket }] = await upgraded;
      return drive(ws, one, socket, headers['sec-websocket-extensions']);
    });
  }
}

// The paths are those of Autobahn's fuzzing server.
function server() {
  const listener = createServer();
  listener.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url, 'ws://localhost');
    const one = pathname === '/runCase' ? cases[searchParams.get('case') - 1] : {};
    // Each case has its own parameters, and these belong to a server.
    const upgrader = new WebSocket.Server({ noServer: true, perMessageDeflate: compression(one) });
    let agreed;
    upgrader.on('headers', (lines) => {
      agreed = lines.find((line) => line.startsWith(EXTENSIONS))?.slice(EXTENSIONS.length);
    });
    upgrader.handleUpgrade(request, socket, head, async (ws) => {
      if (one.name) {
        await report(one, () => drive(ws, one, socket, agreed));
        return;
      }
      if (pathname === '/getCaseCount') ws.send(String(cases.length));
      if (pathname === '/updateReports') listener.close();
      ws.close(1000);
    });
  });
  listener.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${listener.address().port}`));
}

// Without parameters it is offered all the same, and declined. Their names are those of the RFC in camel case.
function compression({ deflate }) {
  if (!deflate) return true;
  const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const params = Object.entries(deflate).map(([name, value]) => [camel(name), value]);
  return { ...Object.fromEntries(params), threshold: 0 };
}

async function report({ name }, run) {
  let problem = null;
  let seen = {};
  try {
    seen = await run();
  } catch (error) {
    // An abort says why in its cause.
    problem = String(error.cause ?? error);
  }
  console.log(JSON.stringify({ name, problem, ...seen }));
}

// Returns what there was to see of compression.
async function drive(ws, one, socket, agreed = null) {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort(new Error(`not over after ${LIMIT} ms`));
    ws.terminate();
  }, LIMIT);
  ws.on('error', (error) => over.abort(error));
  const end = new Promise((resolve) => {
    ws.addEventListener('close', (event) => {
      // Whoever still waits for something waits in vain.
      over.abort(new Error(`closed with ${event.code} too early`));
      clearTimeout(timer);
      resolve(event);
    });
  });
  const [sent, received] = [[], []];
  try {
    for (const message of one.messages ?? [one]) {
      const { bytesWritten, bytesRead } = socket;
      await exchange(ws, message, (event) => once(ws, event, { signal: over.signal }));
      // The echo is here, so both messages have passed, with their frame headers.
      sent.push(socket.bytesWritten - bytesWritten);
      received.push(socket.bytesRead - bytesRead);
    }
    if (one.code === null) ws.close();
    else ws.close(one.code, one.reason);
    const { code, reason, wasClean } = await end;
    check('close', `${code} '${reason}' ${wasClean}`, `${one.code ?? 1005} '' true`);
    return { agreed, sent, received };
  } finally {
    ws.terminate();
  }
}

async function exchange(ws, one, next) {
  const ping = async (size) => {
    ws.ping(bytes(size));
    const [payload] = await next('pong');
    check('pong', payload.toString('hex'), bytes(size).toString('hex'));
  };
  if (one.text === null && one.binary === null) {
    for (const size of one.pings) await ping(size);
    return;
  }
  const binary = one.text === null;
  const payload = binary ? bytes(one.binary) : Buffer.from(one.text.repeat(one.repeat));
  const cut = (n) => Math.floor((payload.length * n) / one.frames);
  for (let i = 0; i < one.frames; i++) {
    ws.send(payload.subarray(cut(i), cut(i + 1)), { binary, fin: i + 1 === one.frames, compress: one.compress });
    if (i < one.pings.length) await ping(one.pings[i]);
  }
  const [echo, isBinary] = await next('message');
  check('type', isBinary ? 'binary' : 'text', binary ? 'binary' : 'text');
  check('length', echo.length, payload.length);
  check('same bytes', echo.equals(payload), true);
}

function bytes(size) {
  // 251 is prime, so that no mistake about an offset goes unnoticed.
  return Buffer.alloc(size, Uint8Array.from({ length: 251 }, (_, i) => i));
}

function check(what, seen, expected) {
  if (seen !== expected) throw new Error(`${what}: ${seen} seen, ${expected} expected`);
}

const [role, url] = process.argv.slice(2);
if (role === 'client') await client(url);
else server();
