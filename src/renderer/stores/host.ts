import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { forgetRecent, getHostState, openProject, openSample, createProject, type HostState } from '#shared/contract/host.ts';
import { callHost } from '../api/client.ts';
import { useLoading } from '../composables/use-loading.ts';

/** What to do with the runs of a project that is being left. */
export type LeaveRuns = 'cancel' | 'wait';

/** The process that serves this page: which project is open, recent ones, and opening others. */
export const useHost = defineStore('host', () => {
  const { value: state, error, load } = useLoading((signal) => callHost(getHostState, {}, { signal }));
  /** Project folder that is being opened; null when none is. */
  const opening = shallowRef<string | null>(null);

  async function open(dir: string, runs?: LeaveRuns): Promise<void> {
    await change(dir, () => callHost(openProject, { dir, ...(runs === undefined ? {} : { runs }) }));
  }

  async function create(dir: string, name?: string, runs?: LeaveRuns): Promise<void> {
    await change(dir, () => callHost(createProject, { dir, ...(name === undefined ? {} : { name }), ...(runs === undefined ? {} : { runs }) }));
  }

  async function sample(runs?: LeaveRuns): Promise<void> {
    await change('', () => callHost(openSample, runs === undefined ? {} : { runs }));
  }

  async function forget(dir: string): Promise<void> {
    state.value = await callHost(forgetRecent, { dir });
  }

  async function change(dir: string, act: () => Promise<HostState>): Promise<void> {
    opening.value = dir;
    try {
      state.value = await act();
    } finally {
      opening.value = null;
    }
  }

  return { state, error, load, opening, open, create, sample, forget, hasProject: computed(() => state.value !== null && state.value.project !== null) };
});
