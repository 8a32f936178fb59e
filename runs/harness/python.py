# Judges a program by its tests, inside a sandbox. What it says counts only under a word that is read from the input and
# gone from there before the program is loaded. What it needs after that it holds from before: its own copy of the
# builtins, and functions of modules that the program may have changed by then.
__builtins__ = dict(vars(__import__('builtins')))


def judge():
    import ast, io, json, os, sys, traceback, types

    order = json.loads(sys.stdin.buffer.read())
    word, mode, tests, entry = order['word'], order['mode'], order['tests'], order['entry']
    path = os.path.abspath('solution.py')
    with open(path, 'rb') as file:
        source = file.read()
    try:
        os.unlink(sys.argv[0])
    except OSError:
        pass
    sys.stdin = io.TextIOWrapper(io.BytesIO(b''))
    sys.argv = ['solution.py']
    sys.modules.pop('__main__', None)

    write, leave, dumps, frames_of = os.write, os._exit, json.dumps, traceback.extract_tb
    streams, new_module = [sys.stdout, sys.stderr], types.ModuleType
    Coroutine, Generator = types.CoroutineType, types.GeneratorType
    own_builtins, run_async, Case, case_members = dict(__builtins__), None, (), {}
    # Loading these takes longer than most programs run.
    if 'async' in (tests or ''):
        import asyncio
        run_async = asyncio.run
    if 'unittest' in (tests or ''):
        import unittest
        Case = unittest.TestCase
        case_members = dict(vars(Case))
    passed = failed = errors = 0
    failures = []

    def report(stage, code):
        for stream in streams:
            try:
                stream.flush()
            except BaseException:
                pass
        try:
            detail = dumps(failures)
        except BaseException:
            detail = '[]'
        line = f'\n{word} {stage} {passed} {failed} {errors} {detail}\n'.encode()
        while line:
            line = line[write(1, line):]
        leave(code)

    def note(name, error):
        if len(failures) >= 20:
            return
        message, frames, line = '', [], None
        try:
            message = str(error.msg if isinstance(error, SyntaxError) else error)[:1000]
            for frame in frames_of(error.__traceback__):
                if frame.filename == path:
                    frames.append({'line': frame.lineno, 'in': frame.name})
                elif frame.filename == '<tests>':
                    line = frame.lineno
            if isinstance(error, SyntaxError):
                frames.append({'line': error.lineno, 'in': ''})
        except BaseException:
            pass
        kind = type(error).__name__[:100]
        failures.append({'name': name, 'type': kind, 'message': message, 'line': line, 'frames': frames[-4:]})

    def blame(name, error):
        nonlocal failed, errors
        if type(error) is AssertionError:
            failed += 1
        else:
            errors += 1
        note(name, error)

    def attempt(name, act):
        nonlocal passed
        try:
            result = act()
            if isinstance(result, Coroutine):
                result = run_async(result)
            if isinstance(result, Generator):
                raise RuntimeError('the test yields, so it never ran')
        except BaseException as error:
            blame(name, error)
            return
        passed += 1

    def names_of_tests(tree):
        """What has to have run in the end, read before anything could change it."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        for node in tree.body:
            if isinstance(node, functions) and node.name.startswith('test'):
                yield node.name, None
            elif isinstance(node, ast.ClassDef):
                methods = [one.name for one in node.body if isinstance(one, functions) and one.name.startswith('test')]
                bases = [getattr(base, 'attr', None) or getattr(base, 'id', '') for base in node.bases]
                if node.name.startswith('Test') or any('Test' in base for base in bases):
                    yield from ((node.name, method) for method in methods)

    def run_one(space, name, method):
        if method is None:
            return space[name]()
        if issubclass(space[name], Case):
            return space[name](method).debug()
        return getattr(space[name](), method)()

    names, calls_check, has_check = [], False, False
    if tests is not None:
        try:
            tree = ast.parse(tests, '<tests>')
            judged = compile(tree, '<tests>', 'exec', dont_inherit=True)
        except Exception as error:
            note('tests', error)
            report('tests', 1)
        names = list(names_of_tests(tree))
        has_check = any(isinstance(node, ast.FunctionDef) and node.name == 'check' for node in tree.body)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        calls_check = any(getattr(call.func, 'id', None) == 'check' for call in calls)
    try:
        program = compile(source, path, 'exec', dont_inherit=True)
    except Exception as error:
        note('', error)
        report('syntax', 1)
    if mode == 'compile':
        report('compiled', 0)

    module = new_module('__main__' if tests is None else 'solution')
    module.__file__ = path
    sys.modules[module.__name__] = module
    try:
        exec(program, module.__dict__)
    except BaseException as error:
        is_end = tests is None and isinstance(error, SystemExit) and error.code in (None, 0)
        if not is_end:
            note('', error)
            report('load', 1)
    if tests is None:
        report('end', 0)

    for member, value in case_members.items():
        if member not in ('__dict__', '__weakref__'):
            setattr(Case, member, value)
    space = {**module.__dict__, '__name__': 'tests', '__builtins__': own_builtins}
    defined = [one for one in module.__dict__.values() if type(one) is type(judge) and one.__module__ == 'solution']
    try:
        exec(judged, space)
    except BaseException as error:
        blame('tests', error)
        report('end', 1)
    if names:
        for name, method in names:
            attempt(name if method is None else f'{name}.{method}', lambda: run_one(space, name, method))
    elif has_check and not calls_check:
        candidate = space.get(entry) or (defined[-1] if defined else None)
        attempt('check', lambda: space['check'](candidate))
    else:
        passed = 1
    report('end', 0 if passed > 0 and failed == errors == 0 else 1)


judge()
