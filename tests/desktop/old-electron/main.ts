import './main-shim.ts';
import '../../../src/main/index.ts';
