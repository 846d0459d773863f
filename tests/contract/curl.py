"""As much of curl as the README uses, for machines without: `curl [-sS] [-X METHOD] [-H HEADER] [-d BODY] URL`."""

import sys

import httpx

WITH_VALUE = {"-X", "-H", "-d", "--data-binary"}


def main(arguments: list[str]) -> None:
    """Make the request and print the body of its answer."""
    method, body, headers, addresses = None, None, {}, []
    waiting = iter(arguments)
    for argument in waiting:
        value = next(waiting) if argument in WITH_VALUE else ""
        if argument == "-X":
            method = value
        elif argument == "-H":
            name, _, text = value.partition(":")
            headers[name] = text.strip()
        elif argument in WITH_VALUE:
            body = sys.stdin.buffer.read() if value == "@-" else value.encode()
        elif argument != "-sS":
            addresses.append(argument)
    (address,) = addresses
    method = method or ("GET" if body is None else "POST")
    sys.stdout.buffer.write(httpx.request(method, address, headers=headers, content=body).content)


if __name__ == "__main__":
    main(sys.argv[1:])
