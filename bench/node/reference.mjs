// The Durable Streams reference server, its logs in memory, on a free port of this machine. It says
// where it serves, as Logflume does.
import { DurableStreamTestServer } from "@durable-streams/server";

const server = new DurableStreamTestServer({ port: 0, host: "127.0.0.1" });
process.stderr.write(`serves ${await server.start()}\n`);
