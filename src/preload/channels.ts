/** Names of what passes between the shell and the preload script. */
export const CHANNELS = {
  chooseFolder: 'shell:choose-folder',
  chooseTarget: 'shell:choose-target',
  reveal: 'shell:reveal',
  openLink: 'shell:open-link',
  beforeLeave: 'shell:before-leave',
  leaveAnswer: 'shell:leave-answer',
  menuCommand: 'shell:menu-command',
} as const;
