// What jkurwa says of messages and containers. Reads one JSON object from stdin, writes one to stdout.
//   {authority: path, messages: [path], containers: [{path, password}],
//    sign: {container, password, certificate, content, time}, repeat: n}
"use strict";
const fs = require("fs");
const gost89 = require("gost89");
const jk = require("jkurwa");
const jksreader = require("jksreader");

const algo = gost89.compat.algos();
const hashes = { Dstu4145le: algo.hash };

function aboutMessage(authority, path) {
  const message = new jk.models.Message(fs.readFileSync(path));
  const certificate = message.signer();
  const digest = message.mhash(algo.hash);
  return {
    signature: certificate.pubkey.verify(digest, message.signature, "le"),
    attributes: message.verifyAttrs(algo.hash),
    content: message.info.contentInfo.content.toString("hex"),
    issued: authority !== null && certificate.verifySignature(authority.pubkey_unpack(), hashes),
    identifier: certificate.pubkey.keyid(algo).toString("hex"),
    numbers: certificate.extension.ipn,
    stamped: message.tokenTime || null
  };
}

function keysOf({ path, password }) {
  const data = fs.readFileSync(path);
  const store = jksreader.parse(data);
  if (!store) {
    return jk.Priv.from_protected(data, password, algo).keys;
  }
  const opened = jksreader.decode(store.material[0].key, password);
  return jk.Priv.from_asn1(opened, true).keys;
}

function aboutContainer(container) {
  return keysOf(container).map(key => ({
    degree: key.curve.m,
    identifier: key.pub().keyid(algo).toString("hex")
  }));
}

async function signed({ container, certificate, content, time }, repeat) {
  const box = new jk.Box({ algo });
  box.load({ priv: keysOf(container)[0], cert: jk.Certificate.from_asn1(fs.readFileSync(certificate)) });
  const data = fs.readFileSync(content);
  let message;
  const begun = process.hrtime.bigint();
  for (let turn = 0; turn < repeat; turn++) {
    message = await box.pipe(data, [{ op: "sign", time }], {});
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  return { message: message.toString("hex"), per_second: repeat / seconds };
}

async function main() {
  const asked = JSON.parse(fs.readFileSync(0, "utf8"));
  const authority = asked.authority ? jk.Certificate.from_asn1(fs.readFileSync(asked.authority)) : null;
  const said = {
    messages: (asked.messages || []).map(path => aboutMessage(authority, path)),
    containers: (asked.containers || []).map(aboutContainer),
    signed: asked.sign ? await signed(asked.sign, asked.repeat || 1) : null
  };
  process.stdout.write(JSON.stringify(said));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
