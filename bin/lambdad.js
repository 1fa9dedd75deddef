#!/usr/bin/env node
// The published package is compiled, as Node strips no types inside node_modules; a clone runs as it is.

const [major] = process.versions.node.split('.')
if (Number(major) < 24) {
  process.stderr.write(
    `lambdad: this is Node ${process.versions.node}; lambdad needs 24 or newer. With npm: npx -p node@24 -p lambdad lambdad\n`,
  )
  process.exit(1)
}
const isPublished = import.meta.url.includes('/node_modules/')
await import(isPublished ? '../dist/cli/lambdad.js' : '../cli/lambdad.ts')
