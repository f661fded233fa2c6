// Copies the style sheets and scripts that the pages use from node_modules into static/vendor (git-ignored),
// with a compressed twin beside each: whitenoise sends the twin to browsers that take gzip.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "..", "..", "node_modules");
const vendor = join(here, "static", "vendor");
const files = {
  "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
  "echarts.min.js": "echarts/dist/echarts.min.js",
  "tus.min.js": "tus-js-client/dist/tus.min.js",
};

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
for (const [name, file] of Object.entries(files)) {
  // The source map is not shipped, so the line that points at it must go, too.
  const text = readFileSync(join(modules, file), "utf8").replace(/\n?\/[*/]# sourceMappingURL=\S*(?:\s*\*\/)?/g, "");
  writeFileSync(join(vendor, name), text);
  writeFileSync(join(vendor, `${name}.gz`), gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
}
