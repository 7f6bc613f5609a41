export const out = {
  title: 'Out',
} as const;
