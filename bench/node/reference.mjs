// The Durable Streams reference server on a free port of this machine, its logs in memory, or in
// the folder that is named. It says where it serves, as Logflume does, and no more: the bench's
// output is not the place for how long each sync took.
import { DurableStreamTestServer } from "@durable-streams/server";

console.log = console.info = () => {};
const dataDir = process.argv[2];
const where = { port: 0, host: "127.0.0.1", ...(dataDir && { dataDir }) };
const server = new DurableStreamTestServer(where);
process.stderr.write(`serves ${await server.start()}\n`);
