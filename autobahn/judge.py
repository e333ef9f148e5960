"""Turns the suite's results into verdicts, tables and totals."""

from cases import group

VERDICTS = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")


def verdict(result):
    behavior, close = result["behavior"], result["behaviorClose"]
    if behavior == "INFORMATIONAL" or (behavior in VERDICTS and close == "OK"):
        return behavior
    return "FAILED"


def judge(role, wanted, results, seconds, trouble):
    """Prints the table of one role; returns whether it passed, and its line of totals."""
    table = {number: dict.fromkeys(VERDICTS, 0) for number in dict.fromkeys(map(group, wanted))}
    bad = [f"run: {trouble}"] if trouble else []
    missing = [case for case in wanted if case not in results]
    if missing:
        bad.append(f"missing: {' '.join(missing)}")
    for case in wanted:
        result = results.get(case)
        outcome = verdict(result) if result else "FAILED"
        table[group(case)][outcome] += 1
        if result and outcome not in ("OK", "INFORMATIONAL"):
            bad.append(f"{case}: behavior {result['behavior']}, behaviorClose {result['behaviorClose']}")

    ran = len(wanted) - len(missing)
    print(f"\n{role} under test: {ran} of {len(wanted)} cases in {seconds:.0f} s")
    print("group", *(f"{name:>15}" for name in VERDICTS))
    for number, counts in table.items():
        print(f"{number:5}", *(f"{counts[name]:15}" for name in VERDICTS))
    for line in bad:
        print(f"{role} {line}")
    totals = (f"{sum(counts[name] for counts in table.values())} {name}" for name in VERDICTS)
    return not bad, f"{role}: {', '.join(totals)}"
