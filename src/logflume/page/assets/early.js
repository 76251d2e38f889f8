/**
 * Begins to read the log of a deployment's page before the page itself has been loaded: this module
 * and what it needs come first, and a worker takes its time to start.
 */

import { deploymentPath } from "./api.js";
import { begin } from "./data.js";
import { ID } from "./format.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
if (ID.test(id)) begin(`${deploymentPath(id)}/log`);
