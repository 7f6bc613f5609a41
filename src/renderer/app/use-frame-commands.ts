import { computed } from 'vue';
import { useRouter } from 'vue-router';
import { useCommands, type Command } from '../commands/registry.ts';
import { THEMES, usePreferences } from '../stores/preferences.ts';
import { strings } from '../strings/index.ts';
import { PLACES } from './places.ts';

interface FrameDialogs {
  readonly showPalette: () => unknown;
  readonly showShortcuts: () => unknown;
  readonly showAbout: () => unknown;
}

/** Commands that can be given in every place. Their ids are also those of the native menu. */
export function useFrameCommands(dialogs: FrameDialogs): void {
  const router = useRouter();
  const preferences = usePreferences();
  const { groups } = strings.frame;
  useCommands(
    computed<Command[]>(() => [
      ...PLACES.map(({ id, title, keys }) => ({ id: `go.${id}`, title: strings.frame.goTo(title), group: groups.go, keys: [keys], run: () => router.push({ name: id }) })),
      { id: 'go.back', title: strings.frame.goBack, group: groups.go, keys: ['Alt+ArrowLeft'], run: () => router.back() },
      { id: 'project.new', title: strings.frame.newProject, group: groups.project, run: () => router.push({ name: 'start', query: { new: '1' } }) },
      { id: 'project.open', title: strings.frame.openProject, group: groups.project, keys: ['Mod+O'], run: () => router.push({ name: 'start' }) },
      { id: 'project.sample', title: strings.frame.openSample, group: groups.project, run: () => router.push({ name: 'start', query: { sample: '1' } }) },
      ...THEMES.map((theme) => ({
        id: `theme.${theme}`,
        title: strings.frame.themes[theme],
        group: groups.view,
        isEnabled: () => preferences.theme !== theme,
        run: () => (preferences.theme = theme),
      })),
      { id: 'app.palette', title: strings.frame.palette, group: groups.help, keys: ['Mod+K', 'Mod+Shift+P'], run: dialogs.showPalette },
      { id: 'app.shortcuts', title: strings.frame.shortcuts, group: groups.help, keys: ['?'], run: dialogs.showShortcuts },
      { id: 'app.about', title: strings.frame.about, group: groups.help, run: dialogs.showAbout },
    ]),
  );
}
