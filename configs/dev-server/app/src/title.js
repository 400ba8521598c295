export const title = 'Served by the dev server';
