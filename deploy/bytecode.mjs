// Runs bytecode.py on the version of Python that the functions run on, whatever this machine has: CPython compiled to
// WebAssembly. Bytecode is the same on every processor.
//   node deploy/bytecode.mjs <version> <folder> <into>

import { readFileSync } from 'node:fs'
import { loadPyodide } from 'pyodide'

const [version, folder, into] = process.argv.slice(2)
const python = await loadPyodide()
const found = python.runPython('import sys; "%d.%d" % sys.version_info[:2]')
if (found !== version) throw new Error(`Expected Python ${version} of pyodide, found ${found}.`)

for (const [place, real] of [['/folder', folder], ['/into', into]]) {
  python.FS.mkdir(place)
  python.FS.mount(python.FS.filesystems.NODEFS, { root: real }, place)
}
python.runPython(readFileSync(new URL('bytecode.py', import.meta.url), 'utf8'))
python.runPython('compile_all("/folder", "/into")')
