// Opens camera and microphone while the rest of a venue's page is still on its way.

import { openEarly } from "../lib/devices.js";

openEarly();
