// xterm.js without a screen, driven by JSON lines on stdin; what it answers to the program is a JSON line on stdout.
//   node xtermjs_server.js COLUMNS ROWS
'use strict';
const {Terminal} = require('@xterm/headless');
const {Unicode11Addon} = require('@xterm/addon-unicode11'); // VS Code's default

const [columns, rows] = process.argv.slice(2).map(Number);
const terminal = new Terminal({cols: columns, rows, scrollback: 100000, allowProposedApi: true});
terminal.loadAddon(new Unicode11Addon());
terminal.unicode.activeVersion = '11';
terminal.onData(text => reply({answer: text}));

function reply(message) { process.stdout.write(JSON.stringify(message) + '\n'); }

function dump() {
  const buffer = terminal.buffer.active;
  const lines = [];
  for (let y = 0; y < buffer.length; y++) lines.push(buffer.getLine(y).translateToString(true));
  return {rows: lines, base: buffer.baseY};
}

require('readline').createInterface({input: process.stdin}).on('line', line => {
  const message = JSON.parse(line);
  if ('output' in message) terminal.write(Buffer.from(message.output, 'base64'));
  else if ('size' in message) terminal.write('', () => { terminal.resize(...message.size); reply({resized: true}); });
  else terminal.write('', () => reply({dump: dump()}));
}).on('close', () => process.exit(0));
