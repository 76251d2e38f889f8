/**
 * SHA-256 (FIPS 180-4) of bytes that come piece by piece.
 *
 * The browser's own digest wants all of them at once, in memory, and only on a secure origin; a log
 * is read in pieces, and often from a plain address of the own network.
 */

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8; // the message's length in bits, at the end of the last block

const CONSTANTS = fractions(64, Math.cbrt);
const START = fractions(8, Math.sqrt);

const words = new Int32Array(BLOCK_BYTES); // the schedule of the block at hand

export class Sha256 {
  #state = Int32Array.from(START);
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #bytes = 0;

  /** Take what follows. @param {Uint8Array} piece */
  update(piece) {
    this.#bytes += piece.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(piece.length, BLOCK_BYTES - this.#filled);
      this.#block.set(piece.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < BLOCK_BYTES) return this;
      compress(this.#state, this.#block, 0);
    }
    for (; at + BLOCK_BYTES <= piece.length; at += BLOCK_BYTES) compress(this.#state, piece, at);
    this.#block.set(piece.subarray(at));
    this.#filled = piece.length - at;
    return this;
  }

  /** The digest of all that was taken, in hexadecimal digits. Nothing can be taken after it. */
  hex() {
    const bits = BigInt(this.#bytes) * 8n;
    const rest = (this.#bytes + 1 + LENGTH_BYTES) % BLOCK_BYTES;
    const padding = new Uint8Array(1 + ((BLOCK_BYTES - rest) % BLOCK_BYTES) + LENGTH_BYTES);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - LENGTH_BYTES, bits);
    this.update(padding);
    return [...this.#state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/**
 * Take in the block of `bytes` at `at` (section 6.2.2).
 * @param {Int32Array} state @param {Uint8Array} bytes @param {number} at
 */
function compress(state, bytes, at) {
  schedule(bytes, at);
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let t = 0; t < 64; t++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + sum1 + (g ^ (e & (f ^ g))) + CONSTANTS[t] + words[t]) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sum0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** @param {Uint8Array} bytes @param {number} at */
function schedule(bytes, at) {
  for (let t = 0; t < 16; t++, at += 4) {
    words[t] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let t = 16; t < 64; t++) {
    const x = words[t - 15];
    const y = words[t - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[t] = words[t - 16] + low + words[t - 7] + high;
  }
}

/**
 * The first 32 bits of the fractional parts of `root` of the first primes (sections 4.2.2, 5.3.3).
 * @param {number} count @param {(prime: number) => number} root
 */
function fractions(count, root) {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return Int32Array.from(primes, (prime) => ((root(prime) % 1) * 2 ** 32) | 0);
}
