// Proves that Node.js does its work: http server and client, child processes of every kind, worker threads, files, timers,
// signals and a cluster. Prints only what is the same in every run. Run again as a child or worker, it plays that part.
'use strict';
const assert = require('assert');
const childProcess = require('child_process');
const cluster = require('cluster');
const crypto = require('crypto');
const dgram = require('dgram');
const events = require('events');
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');
const util = require('util');
const workers = require('worker_threads');
const zlib = require('zlib');

const show = (...values) => console.log(...values);

async function get(port, target, options = {}) {
  const request = http.request({ host: '127.0.0.1', port, path: target, ...options });
  request.end(options.body);
  const [response] = await events.once(request, 'response');
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

async function httpServer() {
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') {
      let size = 0;
      request.on('data', (chunk) => { size += chunk.length; });
      request.on('end', () => response.end(`received ${size}`));
    } else if (request.url === '/large') {
      response.end(Buffer.alloc(1 << 20, 'l'));
    } else if (request.url === '/file') {
      fs.createReadStream('large.txt').pipe(response);
    } else {
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end(`you asked for ${request.url}`);
    }
  });
  server.listen(0, '127.0.0.1');
  await events.once(server, 'listening');
  const { port } = server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => get(port, `/${i}`, { agent })));
  show('http', answers.every((answer, i) => answer.body === `you asked for /${i}`));
  show('missing', (await get(port, '/missing')).status);
  show('large', (await get(port, '/large')).body.length);
  show('post', (await get(port, '/', { method: 'POST', body: Buffer.alloc(500000) })).body);
  fs.writeFileSync('large.txt', 'line\n'.repeat(100000));
  show('file', (await get(port, '/file')).body.length);
  agent.destroy();
  server.close();
  await events.once(server, 'close');
  await get(port, '/', { agent: false }).catch((error) => show('closed', error.code));
}

async function children() {
  const exec = util.promisify(childProcess.exec);
  const execFile = util.promisify(childProcess.execFile);
  show('exec', await exec('echo out; echo err >&2'));
  show('execFile', (await execFile('seq', ['3'])).stdout);
  await exec('exit 9').catch((error) => show('status', error.code));
  await exec('sleep 60', { timeout: 50 }).catch((error) => show('timeout', error.signal, error.killed));
  show('execSync', childProcess.execSync('cat', { input: 'sync input' }).toString());
  show('spawnSync', childProcess.spawnSync('sh', ['-c', 'kill -KILL $$']).signal);
  show('spawnSync error', childProcess.spawnSync('/nonexistent').error.code);
  const missing = childProcess.spawn('/nonexistent');
  show('spawn error', (await events.once(missing, 'error'))[0].code);
  const cat = childProcess.spawn('cat');
  let size = 0;
  cat.stdout.on('data', (chunk) => { size += chunk.length; });
  cat.stdin.end(Buffer.alloc(1 << 20));
  show('spawn', await events.once(cat, 'close'), size);
  const sleeper = childProcess.spawn('sleep', ['60'], { detached: true });
  process.kill(-sleeper.pid, 'SIGTERM');
  show('killed', await events.once(sleeper, 'exit'));
  const fork = childProcess.fork(__filename, ['child', 'argument'], { env: { PART: 'a fork' } });
  fork.send({ numbers: [1, 2, 3], text: 'x'.repeat(100000) });
  const [[answer], forkExit] = await Promise.all([events.once(fork, 'message'), events.once(fork, 'exit')]);
  show('fork', answer, forkExit);
  const many = await Promise.all(Array.from({ length: 20 }, (_, i) => new Promise((resolve) => {
    childProcess.spawn('sh', ['-c', `exit ${i}`]).on('exit', resolve);
  })));
  show('many', many.join(' '));
  const fds = childProcess.spawnSync('sh', ['-c', 'echo to 3 >&3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  show('extra descriptor', fds.output[3].toString());
}

async function workerThreads() {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const results = await Promise.all([1, 2, 3, 4].map(async (number) => {
    const worker = new workers.Worker(__filename, { workerData: { number, shared } });
    const [[message]] = await Promise.all([events.once(worker, 'message'), events.once(worker, 'exit')]);
    return message;
  }));
  show('workers', results, shared[0]);
  const spinner = new workers.Worker('for (;;);', { eval: true });
  await events.once(spinner, 'online');
  show('terminated', await spinner.terminate());
  const thrower = new workers.Worker('throw new Error("from a worker")', { eval: true });
  show('thrown', (await events.once(thrower, 'error'))[0].message);
}

async function files() {
  fs.mkdirSync('a/b/c', { recursive: true });
  await fs.promises.writeFile('a/b/file', 'content');
  await fs.promises.appendFile('a/b/file', ' more');
  fs.symlinkSync('file', 'a/b/link');
  fs.linkSync('a/b/file', 'a/b/hard');
  const stat = fs.statSync('a/b/file');
  show('stat', stat.size, stat.nlink, stat.isFile(), (stat.mode & 0o777).toString(8));
  show('readdir', fs.readdirSync('a/b').join(' '), fs.readlinkSync('a/b/link'));
  fs.renameSync('a/b/file', 'a/renamed');
  fs.copyFileSync('a/renamed', 'a/copy');
  fs.truncateSync('a/copy', 3);
  show('copy', fs.readFileSync('a/copy', 'utf8'), fs.existsSync('a/b/link'), fs.lstatSync('a/b/link').isSymbolicLink());
  for (const wrong of [() => fs.readFileSync('none'), () => fs.readFileSync('a'), () => fs.mkdirSync('a'), () => fs.rmdirSync('a')]) {
    try { wrong(); } catch (error) { show('error', error.code, error.syscall); }
  }
  const many = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    await fs.promises.writeFile(`many.${i}`, `${i}`);
    return Number(await fs.promises.readFile(`many.${i}`, 'utf8'));
  }));
  show('many files', many.reduce((a, b) => a + b));
  const watcher = fs.watch('a');
  const changed = events.once(watcher, 'change');
  fs.writeFileSync('a/watched', '');
  show('watch', (await changed)[1]);
  watcher.close();
  const handle = await fs.promises.open('random', 'w+');
  await handle.write('0123456789', 100);
  await handle.sync();
  show('positioned', (await handle.read(Buffer.alloc(4), 0, 4, 103)).buffer.toString());
  await handle.close();
  fs.rmSync('a', { recursive: true });
  show('removed', fs.existsSync('a'));
}

async function timersAndSignals() {
  const order = [];
  setImmediate(() => order.push('immediate'));
  process.nextTick(() => order.push('tick'));
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  show('order', order.join(' '));
  let ticks = 0;
  await new Promise((resolve) => {
    const interval = setInterval(() => { if (++ticks === 5) { clearInterval(interval); resolve(); } }, 2);
  });
  show('ticks', ticks);
  const awake = setInterval(() => {}, 1000); // signal handlers alone do not keep Node.js running
  for (const name of ['SIGUSR2', 'SIGTERM', 'SIGHUP', 'SIGINT']) {
    const seen = events.once(process, name);
    process.kill(process.pid, name);
    show('signal', await seen);
    process.removeAllListeners(name);
  }
  clearInterval(awake);
}

async function sockets() {
  const server = net.createServer((socket) => socket.pipe(socket)).listen('echo.socket');
  await events.once(server, 'listening');
  const socket = net.connect('echo.socket');
  socket.write('through a unix socket');
  show('unix', (await events.once(socket, 'data'))[0].toString());
  socket.end();
  server.close();
  const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await events.once(receiver, 'listening');
  const sender = dgram.createSocket('udp4');
  sender.send('datagram', receiver.address().port, '127.0.0.1');
  show('udp', (await events.once(receiver, 'message'))[0].toString());
  receiver.close();
  sender.close();
}

async function threadPool() {
  const derive = util.promisify(crypto.pbkdf2);
  const keys = await Promise.all(Array.from({ length: 8 }, (_, i) => derive('password', `${i}`, 1000, 16, 'sha256')));
  show('pbkdf2', keys[0].toString('hex'), keys.length);
  const packed = await util.promisify(zlib.gzip)(Buffer.alloc(1 << 20, 'z'));
  show('gzip', (await util.promisify(zlib.gunzip)(packed)).length);
  const kept = [];
  for (let i = 0; i < 300000; i++) kept[i % 1000] = { i, text: `object ${i}` };
  show('collected', kept.length);
}

async function clusterPrimary() {
  cluster.setupPrimary({ exec: __filename, args: ['cluster'] });
  const members = [cluster.fork(), cluster.fork()];
  const [[, address]] = await Promise.all([events.once(cluster, 'listening'), ...members.map((member) => events.once(member, 'listening'))]);
  const ids = new Set();
  for (let i = 0; i < 20; i++) ids.add((await get(address.port, '/', { agent: false })).body);
  show('cluster', [...ids].sort().join(' '));
  const exits = members.map((member) => events.once(member, 'exit'));
  members[0].disconnect();
  members[1].kill('SIGTERM');
  show('cluster exits', await Promise.all(exits));
}

async function main() {
  for (const test of [httpServer, children, workerThreads, files, timersAndSignals, sockets, threadPool, clusterPrimary]) await test();
  process.on('exit', (code) => { fs.writeSync(1, `exit handler ${code}\n`); });
  process.exitCode = 13;
}

if (!workers.isMainThread) {
  const { number, shared } = workers.workerData;
  for (let i = 0; i < 1000; i++) Atomics.add(shared, 0, 1);
  Atomics.notify(shared, 0);
  workers.parentPort.postMessage(number * number);
} else if (process.argv[2] === 'child') {
  process.once('message', (message) => {
    process.send({ sum: message.numbers.reduce((a, b) => a + b), size: message.text.length, part: process.env.PART, argument: process.argv[3] });
    process.disconnect();
    process.exitCode = 4;
  });
} else if (process.argv[2] === 'cluster') {
  http.createServer((request, response) => response.end(`member ${cluster.worker.id}`)).listen(0, '127.0.0.1');
} else {
  assert(path.isAbsolute(__filename));
  main();
}
