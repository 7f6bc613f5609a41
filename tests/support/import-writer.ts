/** Makes a project and imports a folder into it. Arguments: project folder, dataset root. Prints the report, or the error, as JSON. */
import { readDataset } from '#main/datasets/read-dataset.ts';
import { createProject } from '#main/project/open.ts';
import { toErrorValue } from '#shared/errors.ts';

const [dir = '', root = ''] = process.argv.slice(2);
try {
  const project = await createProject(dir, { name: 'import' });
  console.log(JSON.stringify(project.storeImport(await readDataset({ root, tags: { kind: 'masks' } }))));
  project.close();
} catch (thrown) {
  console.log(JSON.stringify(toErrorValue(thrown)));
}
