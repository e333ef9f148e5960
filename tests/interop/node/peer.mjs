// The cases through ws: `peer.mjs client URL` or `peer.mjs server`.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// An import looks for packages beside this file only, and ws is elsewhere.
const WebSocket = createRequire(`${process.env.INTEROP_NODE}/`)('ws');

const LIMIT = 10_000;
const cases = JSON.parse(readFileSync(0, 'utf8'));

async function client(url) {
  for (const one of cases) {
    await report(one, async () => {
      const ws = new WebSocket(url);
      await once(ws, 'open', { signal: AbortSignal.timeout(LIMIT) });
      await drive(ws, one);
    });
  }
}

// The paths are those of Autobahn's fuzzing server.
function server() {
  const listener = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
    console.log(`listening on 127.0.0.1:${listener.address().port}`);
  });
  listener.on('connection', async (ws, request) => {
    const { pathname, searchParams } = new URL(request.url, 'ws://localhost');
    if (pathname === '/runCase') {
      const one = cases[searchParams.get('case') - 1];
      await report(one, () => drive(ws, one));
      return;
    }
    if (pathname === '/getCaseCount') ws.send(String(cases.length));
    if (pathname === '/updateReports') listener.close();
    ws.close(1000);
  });
}

async function report({ name }, run) {
  let problem = null;
  try {
    await run();
  } catch (error) {
    // An abort says why in its cause.
    problem = String(error.cause ?? error);
  }
  console.log(JSON.stringify({ name, problem }));
}

async function drive(ws, one) {
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
  try {
    await exchange(ws, one, (event) => once(ws, event, { signal: over.signal }));
    if (one.code === null) ws.close();
    else ws.close(one.code, one.reason);
    const { code, reason, wasClean } = await end;
    check('close', `${code} '${reason}' ${wasClean}`, `${one.code ?? 1005} '' true`);
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
    ws.send(payload.subarray(cut(i), cut(i + 1)), { binary, fin: i + 1 === one.frames });
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
