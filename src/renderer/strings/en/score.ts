export const score = {
  title: 'Score',
} as const;
