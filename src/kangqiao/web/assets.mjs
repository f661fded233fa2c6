// Copies the style sheets that the pages use from node_modules into static/vendor (git-ignored),
// with a compressed twin beside each: whitenoise sends the twin to browsers that take gzip.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "..", "..", "node_modules");
const vendor = join(here, "static", "vendor");
const files = ["@tabler/core/dist/css/tabler.min.css"];

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
for (const file of files) {
  // The source map is not shipped, so the line that points at it must go, too.
  const text = readFileSync(join(modules, file), "utf8").replace(/\n?\/\*# sourceMappingURL=.*?\*\//g, "");
  writeFileSync(join(vendor, basename(file)), text);
  writeFileSync(join(vendor, `${basename(file)}.gz`), gzipSync(text, { level: constants.Z_BEST_COMPRESSION }));
}
