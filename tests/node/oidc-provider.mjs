// An OpenID provider as others wrote it, for the tests of single sign-on. Anybody may sign in to it;
// who he is follows from his name: "anna.ops.dev" is of the groups ops and dev.
//
// node oidc-provider.mjs PORT REDIRECT_URI

import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "logflume",
    client_secret: "a test's secret",
    redirect_uris: [redirectUri],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  claims: { openid: ["sub", "groups", "email"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ["S256"] },
  cookies: { keys: ["a test's key"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, groups: id.split(".").slice(1) }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ provides: issuer })));
