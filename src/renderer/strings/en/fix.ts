export const fix = {
  title: 'Fix',
} as const;
