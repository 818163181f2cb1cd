// A message centre on the npm package smpp, driven by lines of JSON: orders come by stdin, what happens goes to stdout.
// node smsc.js PORT SYSTEM_ID PASSWORD [CERTIFICATE KEY]
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const [port, systemId, password, certificate, key] = process.argv.slice(2);
const tls = certificate ? { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) } : {};
const receivers = new Set();
const unanswered = new Map();
const state = {
  throttle: 0,
  refuse: 0,
  held: null,
  silent: false,
  deaf: false,
  hears: 0,
  submitted: 0,
  receipts: false,
  hex: false,
  keeps: false,
};

function tell(event, values) {
  process.stdout.write(JSON.stringify({ event, ...values }) + '\n');
}

function textOf(value) {
  return value === undefined ? '' : Buffer.isBuffer(value) ? value.toString('hex') : value.message;
}

function udhOf(value) {
  return value && value.udh ? value.udh.map((element) => element.toString('hex')) : [];
}

function bind(session, command) {
  session.on(command, (pdu) => {
    const good = pdu.system_id === systemId && pdu.password === password;
    session.send(pdu.response(good ? {} : { command_status: smpp.ESME_RINVPASWD }));
    if (!good) return;
    if (command !== 'bind_transmitter') receivers.add(session);
    tell('bound', { command });
    if (state.keeps) for (const [id, fields] of unanswered) deliver(fields, id);
  });
}

function receipt(pdu, id) {
  const receiptId = state.hex ? String(parseInt(id, 16)) : id;
  deliver({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${receiptId} sub:001 dlvrd:001 submit date:2611240200 done date:2611240200 stat:DELIVRD err:000 text:`,
  });
}

function submit(session, pdu) {
  if (state.deaf && state.submitted >= state.hears) {
    tell('ignored', {});
    return;
  }
  if (state.throttle > 0) {
    state.throttle -= 1;
    tell('throttled', {});
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  if (state.refuse) {
    session.send(pdu.response({ command_status: state.refuse }));
    return;
  }
  state.submitted += 1;
  const id = state.hex ? (0x1a00 + state.submitted).toString(16).toUpperCase() : `m${process.pid}-${state.submitted}`;
  tell('submit', {
    id,
    source: pdu.source_addr,
    destination: pdu.destination_addr,
    text: textOf(pdu.message_payload || pdu.short_message),
    udh: udhOf(pdu.short_message),
    sar: [pdu.sar_msg_ref_num, pdu.sar_segment_seqnum, pdu.sar_total_segments],
    data_coding: pdu.data_coding,
    registered_delivery: pdu.registered_delivery,
  });
  const answer = () => session.send(pdu.response({ message_id: id }));
  if (state.held) {
    receipt(pdu, id);
    state.held.push(answer);
    return;
  }
  answer();
  if (state.receipts && pdu.registered_delivery) receipt(pdu, id);
}

const server = smpp.createServer(tls, (session) => {
  for (const command of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) bind(session, command);
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => {
    tell('enquired', {});
    if (!state.silent) session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    receivers.delete(session);
    tell('unbound', {});
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => receivers.delete(session));
  session.on('error', () => receivers.delete(session));
});

function deliver(fields, id) {
  const [session] = receivers;
  unanswered.set(id, fields);
  if (!session) return tell('nobody', { id });
  session.deliver_sm(fields, (pdu) => {
    unanswered.delete(id);
    tell('answered', { id, status: pdu.command_status });
  });
}

// The text in parts of 67 characters of UCS-2, cut as some phones do: wherever that is.
function parts(text, reference) {
  const total = Math.ceil(text.length / 67);
  return Array.from({ length: total }, (_, index) => ({
    udh: Buffer.from([5, 0, 3, reference, total, index + 1]),
    message: text.slice(index * 67, index * 67 + 67),
  }));
}

const orders = {
  set: (order) => Object.assign(state, order.values),
  hold: () => (state.held = []),
  release: () => {
    const held = state.held;
    state.held = null;
    held.forEach((answer) => answer());
  },
  deliver: (order) => {
    const { hex, fields, id } = order;
    if (hex !== undefined) fields.short_message = Buffer.from(hex, 'hex');
    if (fields.message_payload_hex) fields.message_payload = Buffer.from(fields.message_payload_hex, 'hex');
    deliver(fields, id);
  },
  deliverLong: (order) => {
    const all = parts(order.text, order.reference);
    for (const number of order.numbers || all.map((_, index) => index + 1)) {
      deliver({ ...order.fields, data_coding: 8, short_message: all[number - 1] }, `${order.id}:${number}`);
    }
  },
  raw: (order) => [...receivers].forEach((session) => session.socket.write(Buffer.from(order.hex, 'hex'))),
  drop: () => [...receivers].forEach((session) => session.destroy()),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  orders[order.do](order);
});
process.stdin.on('end', () => process.exit(0));
server.listen(Number(port), '127.0.0.1', () => tell('listening', {}));
