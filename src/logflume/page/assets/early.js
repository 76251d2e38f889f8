/**
 * Begins to read the log of a deployment's page before anything else of the page is begun with: it is
 * imported first, and the server and a worker take their time.
 */

import { deploymentPath, ID } from "./api.js";
import { begin } from "./readers.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
if (ID.test(id)) begin(`${deploymentPath(id)}/log`);
