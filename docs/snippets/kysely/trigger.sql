create function refuse_frozen() returns trigger language plpgsql as $$
begin
  if exists (select from frozen_customers where customer = new.customer) then
    raise exception 'the customer is frozen' using errcode = 'OR001';
  end if;
  return new;
end $$;

create trigger refuse_frozen before insert on orders
  for each row execute function refuse_frozen();
