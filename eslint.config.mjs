import { defineConfig } from 'eslint/config';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

const chance = {
  object: 'Math',
  property: 'random',
  message: 'Inject chance: results must follow from the seed (DESIGN §2, rule 11).',
};
const clock = { object: 'Date', property: 'now', message: 'Inject the clock: results must not depend on when they are computed.' };

export default defineConfig(
  { ignores: ['node_modules/', 'out/', 'coverage/', 'resources/', 'assembly/', '.tmp/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-condition': 'error',
      // Numbers in messages are read by people; wrapping each in String() says nothing.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An arrow that returns a void call is how callbacks are forwarded.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      // One way to hide a member; a constructor can be hidden in no other.
      'no-restricted-syntax': ['error', { selector: ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]', message: 'Name it #name.' }],
      eqeqeq: 'error',
    },
  },
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser, projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.vue'] } },
    rules: {
      // How a template is wrapped is the formatter's business.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/require-default-prop': 'off',
      'vue/attributes-order': 'off',
      // A boolean prop that is left out is false in Vue; undefined has to be said.
      '@typescript-eslint/no-useless-default-assignment': 'off',
    },
  },
  {
    // Components are typed by vue-tsc; the plain compiler that lint uses knows them only as Vue's general component.
    files: ['src/renderer/**'],
    languageOptions: { parserOptions: { extraFileExtensions: ['.vue'] } },
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['src/shared/**', 'src/main/ml/**'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-properties': ['error', chance, clock] },
  },
  {
    // Scripts and the command line talk to a terminal; configuration files are not typed programs.
    files: ['scripts/**', 'tests/**', '*.config.*', '.dependency-cruiser.mjs'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs'],
    rules: {
      // Plain JavaScript is typed by JSDoc; its JSON is checked where it is read.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
