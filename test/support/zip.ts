import { buffer } from 'node:stream/consumers'
import yazl from 'yazl'

/** A deployment package of these files: name → content. */
export async function zipOf(
  files: Readonly<Record<string, string | Buffer>>,
  mode = 0o100644,
): Promise<Buffer> {
  const archive = new yazl.ZipFile()
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name, { mode })
  archive.end()
  return buffer(archive.outputStream)
}
