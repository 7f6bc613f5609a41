import type { Project } from '../project/project.ts';
import type { Publish } from './event-hub.ts';
import type { CallHandlers } from './handlers.ts';

type Names = 'project.get' | 'project.repoint' | 'project.setSupervision' | 'project.setClasses' | 'vault.log';

export function projectCalls({ project, publish }: { project: Project; publish: Publish }): Pick<CallHandlers, Names> {
  return {
    'project.get': () => project.info(),
    'project.repoint': async ({ root }) => {
      const result = await project.repoint(root);
      publish('project.changed', {});
      return result;
    },
    'project.setSupervision': ({ rules }) => {
      const declared = project.setSupervision(rules);
      publish('project.changed', {});
      return { rules: declared };
    },
    'project.setClasses': ({ classes }) => {
      project.classes.change(classes);
      publish('project.changed', {});
      return { classes: project.classes.all() };
    },
    'vault.log': ({ offset, limit }) => project.vault.log(offset, limit),
  };
}
