import { ValueModel } from './value-model.ts';

/** Places of parameters; more than these there are not. */
const MOST_PLACES = 8;

/** What values of a host look like, whatever their names: one model for each place (query, form, JSON ...). */
export class AnyValue {
  readonly places = new Map<string, ValueModel>();

  /** The model of a parameter's place; see {@link Parameter}. */
  of(name: string): ValueModel {
    const place = name.slice(0, name.indexOf(' '));
    let model = this.places.get(place);
    if (model === undefined) {
      model = new ValueModel(false);
      if (this.places.size < MOST_PLACES) this.places.set(place, model);
    }
    return model;
  }

  decay(factor: number): void {
    for (const model of this.places.values()) model.decay(factor);
  }
}
