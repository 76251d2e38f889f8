import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["conformance.test.mjs"],
    testTimeout: 60_000, // ms: the suite waits for real expiries and for long polls that run out
    cache: false, // several runs at once share this folder
  },
});
