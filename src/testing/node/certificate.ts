import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** A private key and its certificate, in PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

// Object identifiers of RFC 5280 and RFC 5758, encoded.
const oid = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  subjectKeyIdentifier: [0x55, 0x1d, 0x0e],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  authorityKeyIdentifier: [0x55, 0x1d, 0x23],
  extKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
} as const

/**
 * Creates a self-signed certificate for localhost and more host names or IPv4 addresses. It is its own authority, so clients that trust it
 * (`NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE`) need no other settings.
 * @param nowMs - System time, in milliseconds. The certificate is valid for 30 days.
 */
export function createCertificate(hosts: readonly string[], nowMs: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha1').update(spki).digest()
  const algorithm = sequence(objectId(oid.ecdsaWithSha256))
  const name = sequence(set(sequence(objectId(oid.commonName), tagged(0x0c, Buffer.from('realtime-primitives')))))
  const names = ['localhost', '127.0.0.1', '::1', ...hosts].map(alternativeName)
  const extensions = sequence(
    extension(oid.basicConstraints, sequence(tagged(0x01, Buffer.of(0xff))), true),
    // Bits for digitalSignature and keyCertSign.
    extension(oid.keyUsage, tagged(0x03, Buffer.of(2, 0x84)), true),
    extension(oid.extKeyUsage, sequence(objectId(oid.serverAuth))),
    extension(oid.subjectAltName, sequence(...names)),
    extension(oid.subjectKeyIdentifier, tagged(0x04, keyId)),
    extension(oid.authorityKeyIdentifier, sequence(tagged(0x80, keyId))),
  )
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(nowMs - 86_400_000), time(nowMs + 30 * 86_400_000)),
    name,
    spki,
    tagged(0xa3, extensions),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(certificate) }
}

/** Returns a DER element: tag, length, content (X.690). */
function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length =
    body.length < 256 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff)
  return Buffer.concat([Buffer.of(tag), length, body])
}

const sequence = (...content: readonly Uint8Array[]) => tagged(0x30, ...content)
const set = (...content: readonly Uint8Array[]) => tagged(0x31, ...content)
const integer = (bytes: Uint8Array) => tagged(0x02, bytes)
const objectId = (bytes: readonly number[]) => tagged(0x06, Buffer.from(bytes))

function extension(id: readonly number[], value: Uint8Array, isCritical = false): Buffer {
  const critical = isCritical ? [tagged(0x01, Buffer.of(0xff))] : []
  return sequence(objectId(id), ...critical, tagged(0x04, value))
}

function alternativeName(host: string): Buffer {
  if (isIPv4(host)) return tagged(0x87, Buffer.from(host.split('.').map(Number)))
  if (host === '::1') return tagged(0x87, Buffer.concat([Buffer.alloc(15), Buffer.of(1)]))
  return tagged(0x82, Buffer.from(host, 'latin1'))
}

/** Returns a UTCTime, which covers the years until 2049. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return tagged(0x17, Buffer.from(`${text}Z`))
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
