/** Lets through while open; whoever comes while it is shut waits and goes on in order. */
export class Gate {
  #shut: Promise<void> | null = null
  #release: () => void = () => {}

  get isShut (): boolean {
    return this.#shut !== null
  }

  shut (): void {
    this.#shut ??= new Promise((resolve) => { this.#release = resolve })
  }

  open (): void {
    this.#shut = null
    this.#release()
  }

  async pass (): Promise<void> {
    while (this.#shut !== null) await this.#shut
  }
}
